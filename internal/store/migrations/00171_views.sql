-- +goose Up

-- Questions of the queue that a membership keeps under a name; body is the body with which one is shared. sealed holds name
-- and question, under the key of its owner: both may name people.
CREATE TABLE saved_view (
  province {{text}} NOT NULL,
  id {{text}} NOT NULL,
  membership {{text}} NOT NULL,
  body {{text}} NOT NULL,
  sealed {{text}} NOT NULL,
  at {{int}} NOT NULL,
  PRIMARY KEY (province, id)
){{strict}};
CREATE INDEX saved_view_membership ON saved_view (province, membership);
CREATE INDEX saved_view_body ON saved_view (province, body) WHERE body <> '';

-- With which of them a membership's queue begins.
CREATE TABLE saved_view_first (
  province {{text}} NOT NULL,
  membership {{text}} NOT NULL,
  saved_view {{text}} NOT NULL,
  PRIMARY KEY (province, membership)
){{clustered}};

-- +goose Down
DROP TABLE saved_view_first;
DROP TABLE saved_view;
