-- +goose Up
-- What a company may fetch though its own server would not have it is found among what is parked.
CREATE INDEX interchange_parked ON interchange (receiver_id, received, id) WHERE delivery = 'failed';
-- It may lie where it was put though nobody saw the end of it.
ALTER TABLE interchange ADD COLUMN unclear boolean NOT NULL DEFAULT false;
