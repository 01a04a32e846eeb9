-- When a value of the company file was entered and verified, and what stood there before.

-- +goose Up
ALTER TABLE unit_fact ADD COLUMN entered_at {{int}} NOT NULL DEFAULT 0;
ALTER TABLE unit_fact ADD COLUMN verified_at {{int}} NOT NULL DEFAULT 0;

-- n counts a field's past values from 1; until is when the value was replaced.
CREATE TABLE unit_fact_past (
  province {{text}} NOT NULL,
  unit {{text}} NOT NULL,
  field {{text}} NOT NULL,
  n {{int}} NOT NULL,
  value {{text}} NOT NULL,
  sealed {{text}} NOT NULL,
  source {{text}} NOT NULL,
  origin {{text}} NOT NULL,
  as_of {{int}} NOT NULL,
  entered_by {{text}} NOT NULL,
  entered_at {{int}} NOT NULL,
  verified_by {{text}} NOT NULL,
  verified_at {{int}} NOT NULL,
  until {{int}} NOT NULL,
  PRIMARY KEY (province, unit, field, n)
){{clustered}};

-- +goose Down
DROP TABLE unit_fact_past;
ALTER TABLE unit_fact DROP COLUMN verified_at;
ALTER TABLE unit_fact DROP COLUMN entered_at;
