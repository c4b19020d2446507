-- +goose Up
-- Tickets for the live socket, by their hash, where several nodes serve one address.
CREATE TABLE live_ticket (
  hash text PRIMARY KEY, identity text NOT NULL, expires bigint NOT NULL
);
CREATE INDEX live_ticket_expires ON live_ticket (expires);
