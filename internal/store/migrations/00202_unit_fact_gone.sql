-- +goose Up

-- What it held stands in unit.file now.
DROP TABLE unit_fact;

-- +goose Down
CREATE TABLE unit_fact (
  province {{text}} NOT NULL,
  unit {{text}} NOT NULL,
  field {{text}} NOT NULL,
  value {{text}} NOT NULL,
  sealed {{text}} NOT NULL,
  source {{text}} NOT NULL,
  origin {{text}} NOT NULL,
  as_of {{int}} NOT NULL,
  entered_by {{text}} NOT NULL,
  verified_by {{text}} NOT NULL,
  entered_at {{int}} NOT NULL DEFAULT 0,
  verified_at {{int}} NOT NULL DEFAULT 0,
  PRIMARY KEY (province, unit, field)
){{clustered}};
