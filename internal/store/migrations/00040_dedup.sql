-- +goose Up

-- Keys of the facts that tell the same request twice: hashes under a key of the province, never the facts themselves.
CREATE TABLE case_dedup (
  province {{text}} NOT NULL,
  key {{text}} NOT NULL,
  case_id {{text}} NOT NULL,
  PRIMARY KEY (province, key, case_id)
){{clustered}};
CREATE INDEX case_dedup_case ON case_dedup (province, case_id);

-- +goose Down
DROP TABLE case_dedup;
