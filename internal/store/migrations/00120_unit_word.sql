-- +goose Up

-- Words of units' names as people search them: a look-up reads a range of words, never all names.
CREATE TABLE unit_word (
  province {{text}} NOT NULL,
  word {{text}} NOT NULL,
  unit {{text}} NOT NULL,
  PRIMARY KEY (province, word, unit)
){{clustered}};
CREATE INDEX unit_word_unit ON unit_word (province, unit, word);

-- +goose Down
DROP TABLE unit_word;
