-- +goose Up

-- What cases tell the holders of a role, or one person: read by them beside their queue.
CREATE TABLE told (
  province {{text}} NOT NULL,
  entry {{text}} NOT NULL,
  n {{int}} NOT NULL,
  case_id {{text}} NOT NULL,
  role {{text}} NOT NULL,
  subject {{text}} NOT NULL,
  person {{text}} NOT NULL,
  how {{text}} NOT NULL,
  fa {{text}} NOT NULL,
  en {{text}} NOT NULL,
  at {{int}} NOT NULL,
  PRIMARY KEY (province, entry, n)
){{strict}};
CREATE INDEX told_role ON told (province, role, at, entry, n);

-- +goose Down
DROP TABLE told;
