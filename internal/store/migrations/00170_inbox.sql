-- +goose Up

-- Up to which instant of the journal who holds a membership has read the inbox.
CREATE TABLE inbox_seen (
  province {{text}} NOT NULL,
  membership {{text}} NOT NULL,
  at {{int}} NOT NULL,
  PRIMARY KEY (province, membership)
){{clustered}};

-- +goose Down
DROP TABLE inbox_seen;
