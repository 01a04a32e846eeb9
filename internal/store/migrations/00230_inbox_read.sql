-- +goose Up

-- What of the inbox, newer than inbox_seen, has been read by itself. Reading up to an instant later than it removes it.
CREATE TABLE inbox_read (
  province {{text}} NOT NULL,
  membership {{text}} NOT NULL,
  entry {{text}} NOT NULL,
  at {{int}} NOT NULL,
  PRIMARY KEY (province, membership, entry)
){{clustered}};

-- +goose Down
DROP TABLE inbox_read;
