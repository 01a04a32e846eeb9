-- +goose Up

-- Versions of what was entered of exports of services, never changed; unit is the firm in the register of units, '' for none.
CREATE TABLE service_record (
  province {{text}} NOT NULL,
  id {{text}} NOT NULL,
  thing {{text}} NOT NULL,
  kind {{text}} NOT NULL,
  of_thing {{text}} NOT NULL,
  unit {{text}} NOT NULL,
  seq {{int}} NOT NULL,
  entered_at {{int}} NOT NULL,
  entered_by {{text}} NOT NULL,
  fields {{text}} NOT NULL,
  PRIMARY KEY (province, id)
){{strict}};
CREATE UNIQUE INDEX service_record_seq ON service_record (province, seq);
CREATE INDEX service_record_unit ON service_record (province, unit);

-- What became of a version: one decision each.
CREATE TABLE service_decision (
  province {{text}} NOT NULL,
  record {{text}} NOT NULL,
  state {{text}} NOT NULL,
  decided_at {{int}} NOT NULL,
  decided_by {{text}} NOT NULL,
  word {{text}} NOT NULL,
  PRIMARY KEY (province, record)
){{strict}};

-- +goose Down
DROP TABLE service_decision;
DROP TABLE service_record;
