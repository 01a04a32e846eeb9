-- +goose Up

-- The queue of claims that wait for an officer.
CREATE INDEX unit_claim_state ON unit_claim (province, state, created, id);

-- +goose Down
DROP INDEX unit_claim_state;
