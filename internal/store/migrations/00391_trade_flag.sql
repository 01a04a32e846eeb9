-- +goose Up

-- What officers say of markets: payment, sanctions, standards. Never changed; of a market, product and matter the last one holds.
CREATE TABLE trade_flag (
  province {{text}} NOT NULL,
  id {{text}} NOT NULL,
  at {{int}} NOT NULL,
  fields {{text}} NOT NULL,
  PRIMARY KEY (province, id)
){{strict}};
CREATE INDEX trade_flag_at ON trade_flag (province, at);

-- +goose Down
DROP TABLE trade_flag;
