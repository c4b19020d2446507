-- +goose Up
-- How often signing in at the SFTP door failed, by company (empty: strangers), source, login and reason, in an hour.
CREATE TABLE sftp_try (
  org_id TEXT NOT NULL, hour INTEGER NOT NULL, addr TEXT NOT NULL, login_id TEXT NOT NULL, reason TEXT NOT NULL, login TEXT NOT NULL, times INTEGER NOT NULL, first_at INTEGER NOT NULL, last_at INTEGER NOT NULL, PRIMARY KEY (org_id, hour, addr, login_id, reason)
);
CREATE INDEX sftp_try_hour ON sftp_try (hour);
