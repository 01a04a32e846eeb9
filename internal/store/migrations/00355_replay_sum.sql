-- +goose Up

-- A hash of what is kept under a key, which no entry of the journal gives: so that a bit that turned over is found. Null in rows
-- of a program from before it.
ALTER TABLE replay ADD COLUMN sum {{bytes}};

-- +goose Down
ALTER TABLE replay DROP COLUMN sum;
