-- +goose Up

-- Tables of trade data that a province loaded, each once and never changed: of a kind, edition and year the last one counts.
CREATE TABLE trade_source (
  province {{text}} NOT NULL,
  id {{text}} NOT NULL,
  kind {{text}} NOT NULL,
  loaded_at {{int}} NOT NULL,
  loaded_by {{text}} NOT NULL,
  fields {{text}} NOT NULL,
  packed {{bytes}} NOT NULL,
  PRIMARY KEY (province, id)
){{strict}};
CREATE INDEX trade_source_kind ON trade_source (province, kind, loaded_at);

-- +goose Down
DROP TABLE trade_source;
