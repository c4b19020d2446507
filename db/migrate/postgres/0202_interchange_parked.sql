-- +goose Up
-- It may lie where it was put though nobody saw the end of it. The column comes first: it takes the lock that both need.
ALTER TABLE interchange ADD COLUMN unclear boolean NOT NULL DEFAULT false;
-- What a company may fetch though its own server would not have it is found among what is parked.
CREATE INDEX interchange_parked ON interchange (receiver_id, received, id) WHERE delivery = 'failed';
