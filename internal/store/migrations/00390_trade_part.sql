-- +goose Up

-- A year of trade between pairs of countries, many products to a part; where each product lies is told by the source's own bytes.
CREATE TABLE trade_part (
  province {{text}} NOT NULL,
  source {{text}} NOT NULL,
  n {{int}} NOT NULL,
  packed {{bytes}} NOT NULL,
  PRIMARY KEY (province, source, n)
){{strict}};

-- +goose Down
DROP TABLE trade_part;
