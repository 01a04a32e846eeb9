-- +goose Up

-- Versions of procedures on their way to publication. folder is the checked zip. state: checked (only who gave it sees
-- it), proposed, published, declined, withdrawn.
CREATE TABLE proposal (
  province {{text}} NOT NULL,
  id {{text}} NOT NULL,
  procedure {{text}} NOT NULL,
  version {{text}} NOT NULL,
  hash {{text}} NOT NULL,
  folder {{bytes}} NOT NULL,
  state {{text}} NOT NULL,
  given_by {{text}} NOT NULL,
  given_at {{int}} NOT NULL,
  decided_by {{text}} NOT NULL,
  decided_at {{int}} NOT NULL,
  why {{text}} NOT NULL,
  PRIMARY KEY (province, id)
){{strict}};
CREATE INDEX proposal_state ON proposal (province, state, given_at);

-- +goose Down
DROP TABLE proposal;
