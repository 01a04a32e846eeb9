-- +goose Up

-- Obligations of cases that wait for somebody: their owner, or whoever sees to it that they were done.
CREATE TABLE obligation (
  province {{text}} NOT NULL,
  case_id {{text}} NOT NULL,
  key {{text}} NOT NULL,
  role {{text}} NOT NULL,
  subject {{text}} NOT NULL,
  state {{text}} NOT NULL,
  due {{int}} NOT NULL,
  PRIMARY KEY (province, case_id, key, role)
){{strict}};
CREATE INDEX obligation_role ON obligation (province, role, due, case_id, key);

-- +goose Down
DROP TABLE obligation;
