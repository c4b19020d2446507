-- +goose Up
-- What the HTTPS server of an AS2 station asks of who calls it (HTTP basic authentication): the name, and the password sealed under the key file.
ALTER TABLE as2_station ADD COLUMN http_user text NOT NULL DEFAULT '';
ALTER TABLE as2_station ADD COLUMN http_secret bytea;
