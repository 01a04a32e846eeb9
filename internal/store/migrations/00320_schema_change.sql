-- +goose Up

-- What changed the schema, for programs that do not know the change: whether it only added (expand) or may break who does not
-- know it (contract), and the hash of its statements.
CREATE TABLE schema_change (
  version {{int}} NOT NULL,
  name {{text}} NOT NULL,
  kind {{text}} NOT NULL,
  sum {{text}} NOT NULL,
  PRIMARY KEY (version)
){{strict}};

-- +goose Down
DROP TABLE schema_change;
