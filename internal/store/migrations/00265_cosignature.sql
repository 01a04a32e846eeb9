-- +goose Up

-- The last checkpoint of a province's log that each witness signed, with the signatures of both.
CREATE TABLE cosignature (
  province {{text}} NOT NULL,
  witness {{text}} NOT NULL,
  size {{int}} NOT NULL,
  note {{bytes}} NOT NULL,
  PRIMARY KEY (province, witness)
){{strict}};

-- +goose Down
DROP TABLE cosignature;
