-- +goose Up
-- What is left of a file, without reading what is done; and the keys of a customer from one index, which SQLite passed over for one of all keys of the company.
CREATE INDEX data_group_open ON data_group (file_id, position) WHERE outcome = '';
DROP INDEX customer_key_customer;
CREATE INDEX customer_key_customer ON customer_key (org_id, customer_id, kind, value);
