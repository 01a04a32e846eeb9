-- +goose Up

-- What a case adds to the counters, and the data keys, lie in order of their keys on SQLite: a row is one place to write
-- instead of two.
ALTER TABLE case_tally RENAME TO case_tally_before;
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
){{clustered}};
INSERT INTO case_tally (province, case_id, procedure, what, key, subject, day, amount)
  SELECT province, case_id, procedure, what, key, subject, day, amount FROM case_tally_before;
DROP TABLE case_tally_before;
CREATE INDEX case_tally_key ON case_tally (province, procedure, what, key, subject);

ALTER TABLE datakey RENAME TO datakey_before;
CREATE TABLE datakey (
  id {{text}} NOT NULL,
  wrapped {{bytes}} NOT NULL,
  created {{int}} NOT NULL,
  destroyed {{int}} NOT NULL,
  PRIMARY KEY (id)
){{clustered}};
INSERT INTO datakey (id, wrapped, created, destroyed) SELECT id, wrapped, created, destroyed FROM datakey_before;
DROP TABLE datakey_before;

-- +goose Down
ALTER TABLE datakey RENAME TO datakey_before;
CREATE TABLE datakey (
  id {{text}} NOT NULL,
  wrapped {{bytes}} NOT NULL,
  created {{int}} NOT NULL,
  destroyed {{int}} NOT NULL,
  PRIMARY KEY (id)
){{strict}};
INSERT INTO datakey (id, wrapped, created, destroyed) SELECT id, wrapped, created, destroyed FROM datakey_before;
DROP TABLE datakey_before;

ALTER TABLE case_tally RENAME TO case_tally_before;
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
INSERT INTO case_tally (province, case_id, procedure, what, key, subject, day, amount)
  SELECT province, case_id, procedure, what, key, subject, day, amount FROM case_tally_before;
DROP TABLE case_tally_before;
CREATE INDEX case_tally_key ON case_tally (province, procedure, what, key, subject);
