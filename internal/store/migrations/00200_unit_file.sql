-- +goose Up

-- The company file of a unit in one text, read and written at once: see unit_file.go for its form.
ALTER TABLE unit ADD COLUMN file {{text}} NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE unit DROP COLUMN file;
