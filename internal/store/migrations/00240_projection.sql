-- +goose Up

-- By which version of the projection the rows of a province's cases were written: lists, counters and deadlines are taken from
-- a case's state by the program, and rows of another version are written anew.
CREATE TABLE projection (
  province {{text}} NOT NULL,
  version {{int}} NOT NULL,
  PRIMARY KEY (province)
){{clustered}};

-- +goose Down
DROP TABLE projection;
