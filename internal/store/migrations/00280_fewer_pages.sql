-- +goose Up

-- What a submission changes, in pages: the cases of a unit are found among the parties, where a unit that is no party
-- stands as @unit; and what was answered under a key lies in the index of keys.
DROP INDEX cases_unit;
INSERT INTO case_party (province, case_id, relation, subject) SELECT c.province, c.id, '@unit', c.unit FROM cases c
  WHERE c.unit <> '' AND NOT EXISTS
    (SELECT 1 FROM case_party p WHERE p.province = c.province AND p.case_id = c.id AND p.subject = c.unit);

ALTER TABLE replay RENAME TO replay_apart;
DROP INDEX replay_at;
CREATE TABLE replay (
  province {{text}} NOT NULL,
  actor {{text}} NOT NULL,
  key {{text}} NOT NULL,
  request {{text}} NOT NULL,
  entry {{text}} NOT NULL,
  case_id {{text}} NOT NULL,
  answer {{bytes}} NOT NULL,
  at {{int}} NOT NULL,
  seen {{int}} NOT NULL,
  seen_at {{int}} NOT NULL,
  PRIMARY KEY (province, actor, key)
){{clustered}};
INSERT INTO replay (province, actor, key, request, entry, case_id, answer, at, seen, seen_at)
  SELECT province, actor, key, request, entry, case_id, answer, at, seen, seen_at FROM replay_apart;
DROP TABLE replay_apart;
CREATE INDEX replay_at ON replay (at);

-- +goose Down
CREATE INDEX cases_unit ON cases (province, unit, procedure);
DELETE FROM case_party WHERE relation = '@unit';
