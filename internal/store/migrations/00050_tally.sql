-- +goose Up

-- Counters of the managers' picture, kept in the transaction that changes a case: a page of figures reads no case.
CREATE TABLE tally (
  province {{text}} NOT NULL,
  procedure {{text}} NOT NULL,
  what {{text}} NOT NULL,
  key {{text}} NOT NULL,
  subject {{text}} NOT NULL,
  day {{text}} NOT NULL,
  n {{int}} NOT NULL CHECK (n >= 0),
  amount {{int}} NOT NULL,
  PRIMARY KEY (province, procedure, what, key, subject, day)
){{strict}};

-- What each case adds to them: taken off when it changes, and the list behind each figure.
CREATE TABLE case_tally (
  province {{text}} NOT NULL,
  case_id {{text}} NOT NULL,
  procedure {{text}} NOT NULL,
  what {{text}} NOT NULL,
  key {{text}} NOT NULL,
  subject {{text}} NOT NULL,
  day {{text}} NOT NULL,
  amount {{int}} NOT NULL,
  PRIMARY KEY (province, case_id, what, key)
){{strict}};
CREATE INDEX case_tally_key ON case_tally (province, procedure, what, key, subject);

-- +goose Down
DROP TABLE case_tally;
DROP TABLE tally;
