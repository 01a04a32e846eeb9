-- +goose Up

-- The running cases of a definition, which a migration goes over in parts.
CREATE INDEX cases_running ON cases (province, definition, id) WHERE outcome = '';

-- +goose Down
DROP INDEX cases_running;
