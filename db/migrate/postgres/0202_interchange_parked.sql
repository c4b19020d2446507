-- +goose Up
-- What a company may fetch though its own server would not have it is found among what is parked.
CREATE INDEX interchange_parked ON interchange (receiver_id, received, id) WHERE delivery = 'failed';
