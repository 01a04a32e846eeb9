-- +goose Up

-- Keys of identifiers as bytes, and no second copy of them by unit: what keys a unit had is known of its file. An import
-- writes both anywhere in the table, so that their size is what it costs.
ALTER TABLE unit_key RENAME TO unit_key_before;
CREATE TABLE unit_key (
  province {{text}} NOT NULL,
  kind {{text}} NOT NULL,
  key {{bytes}} NOT NULL,
  unit {{text}} NOT NULL,
  PRIMARY KEY (province, kind, key, unit)
){{clustered}};
INSERT INTO unit_key (province, kind, key, unit) SELECT province, kind, {{unhex key}}, unit FROM unit_key_before;
DROP TABLE unit_key_before;

-- +goose Down
ALTER TABLE unit_key RENAME TO unit_key_before;
CREATE TABLE unit_key (
  province {{text}} NOT NULL,
  kind {{text}} NOT NULL,
  key {{text}} NOT NULL,
  unit {{text}} NOT NULL,
  PRIMARY KEY (province, kind, key, unit)
){{clustered}};
INSERT INTO unit_key (province, kind, key, unit) SELECT province, kind, {{hex key}}, unit FROM unit_key_before;
DROP TABLE unit_key_before;
CREATE INDEX unit_key_unit ON unit_key (province, unit);
