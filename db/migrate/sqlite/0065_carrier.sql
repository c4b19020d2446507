-- +goose Up
-- What waits in the outbox of a company that is the network (VAN) of its receiver: delegate_id is the network.
CREATE INDEX interchange_carrier ON interchange (delegate_id, delivery, received, id) WHERE way = 'network';
