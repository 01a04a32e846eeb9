-- +goose Up

-- The public keys of a province's log, one after the other, since it was first handed over, and until when the former key signs
-- beside the present one. The present one's private half lies among the data keys.
CREATE TABLE log_keys (
  province {{text}} NOT NULL,
  keys {{bytes}} NOT NULL,
  until {{int}} NOT NULL,
  PRIMARY KEY (province)
){{strict}};

-- +goose Down
DROP TABLE log_keys;
