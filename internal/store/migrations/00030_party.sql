-- +goose Up

-- Who is signed in is asked with every request, and with it what the membership was empowered to.
CREATE INDEX delegation_taker ON delegation (province, taker);

-- +goose Down
DROP INDEX delegation_taker;
