-- +goose Up
-- How often signing in at the SFTP door failed, by company (empty: strangers), source, login and reason, in an hour.
CREATE TABLE sftp_try (
  org_id text NOT NULL, hour bigint NOT NULL, addr text NOT NULL, login_id text NOT NULL, reason text NOT NULL, login text NOT NULL, times bigint NOT NULL, first_at bigint NOT NULL, last_at bigint NOT NULL, PRIMARY KEY (org_id, hour, addr, login_id, reason)
);
CREATE INDEX sftp_try_hour ON sftp_try (hour);
