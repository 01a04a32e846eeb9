-- +goose Up

-- What an entry is judged by is found by what it is about, by what it hangs on and by whose it is, however long the register is.
CREATE INDEX service_record_thing ON service_record (province, thing);
CREATE INDEX service_record_of ON service_record (province, of_thing);
CREATE INDEX service_record_kind ON service_record (province, kind, unit);

-- +goose Down
DROP INDEX service_record_kind;
DROP INDEX service_record_of;
DROP INDEX service_record_thing;
