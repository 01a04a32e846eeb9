-- +goose Up

-- What an auditor looked at, the latest first.
CREATE INDEX entry_read ON entry (province, at) WHERE kind = 'read';

-- Who is away, and who stands in for them meanwhile. absent and substitute are memberships.
CREATE TABLE leave (
  province {{text}} NOT NULL,
  id {{text}} NOT NULL,
  absent {{text}} NOT NULL,
  substitute {{text}} NOT NULL,
  document {{text}} NOT NULL,
  valid_from {{text}} NOT NULL,
  valid_to {{text}} NOT NULL,
  ended {{int}} NOT NULL,
  PRIMARY KEY (province, id)
){{strict}};
CREATE INDEX leave_absent ON leave (province, absent);
CREATE INDEX leave_substitute ON leave (province, substitute);

-- +goose Down
DROP TABLE leave;
DROP INDEX entry_read;
