-- Why a person decided on a row as they did, sealed under the key of its import: reasons name people.

-- +goose Up
ALTER TABLE import_review ADD COLUMN why {{text}} NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE import_review DROP COLUMN why;
