-- +goose Up

-- Erasures of persons and of cases whose time is over. kind: person, case. state: asked, done, declined. reason is sealed with a
-- key of its own; what holds ids only: who is erased again after a restore.
CREATE TABLE erasure (
  province {{text}} NOT NULL,
  id {{text}} NOT NULL,
  kind {{text}} NOT NULL,
  subject {{text}} NOT NULL,
  basis {{text}} NOT NULL,
  reason {{text}} NOT NULL,
  state {{text}} NOT NULL,
  asked_by {{text}} NOT NULL,
  asked_at {{int}} NOT NULL,
  decided_by {{text}} NOT NULL,
  decided_at {{int}} NOT NULL,
  what {{text}} NOT NULL,
  PRIMARY KEY (province, id)
){{strict}};
CREATE INDEX erasure_state ON erasure (province, state, asked_at);
CREATE INDEX erasure_subject ON erasure (province, subject);

-- Cases that are kept past their time, by an officer's word; lifted_at is 0 while it stands.
CREATE TABLE case_hold (
  province {{text}} NOT NULL,
  id {{text}} NOT NULL,
  case_id {{text}} NOT NULL,
  reason {{text}} NOT NULL,
  held_by {{text}} NOT NULL,
  held_at {{int}} NOT NULL,
  lifted_by {{text}} NOT NULL,
  lifted_at {{int}} NOT NULL,
  PRIMARY KEY (province, id)
){{strict}};
CREATE INDEX case_hold_case ON case_hold (province, case_id);

-- Closed cases in the order in which they were last changed: what retention looks at.
CREATE INDEX cases_closed ON cases (province, changed, id) WHERE outcome <> '';

-- +goose Down
DROP INDEX cases_closed;
DROP TABLE case_hold;
DROP TABLE erasure;
