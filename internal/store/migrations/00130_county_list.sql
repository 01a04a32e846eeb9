-- +goose Up

-- The list of a county by deadline, and how many there are: read from the index alone, without the cases themselves.
CREATE INDEX cases_county ON cases (province, county, due, id, procedure, outcome, stage);

-- +goose Down
DROP INDEX cases_county;
