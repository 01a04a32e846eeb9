-- +goose Up

-- The server's authentication tag over an entry that waits for its number, null once it has one: whoever writes into the
-- database without the server's key makes none, and no such row is numbered and signed.
ALTER TABLE entry ADD COLUMN tag {{bytes}};

-- +goose Down
ALTER TABLE entry DROP COLUMN tag;
