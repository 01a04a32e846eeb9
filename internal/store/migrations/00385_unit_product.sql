-- +goose Up

-- What units say of products, a row for each word given: the last revision counts and the former ones stay.
CREATE TABLE unit_product (
  province {{text}} NOT NULL,
  unit {{text}} NOT NULL,
  edition {{text}} NOT NULL,
  code {{text}} NOT NULL,
  revision {{int}} NOT NULL,
  said_at {{int}} NOT NULL,
  said_by {{text}} NOT NULL,
  fields {{text}} NOT NULL,
  PRIMARY KEY (province, unit, edition, code, revision)
){{strict}};

-- +goose Down
DROP TABLE unit_product;
