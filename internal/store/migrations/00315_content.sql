-- +goose Up

-- Sealed contents of documents, where several nodes serve one PostgreSQL: in a folder each would have its own.
CREATE TABLE content (
  name {{text}} NOT NULL,
  sealed {{bytes}} NOT NULL,
  PRIMARY KEY (name)
){{strict}};

-- +goose Down
DROP TABLE content;
