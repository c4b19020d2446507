package broker_test

import (
	"testing"

	"entente/chat/broker"
	"entente/chat/broker/brokertest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	brokertest.Run(t, func(*testing.T) (broker.Broker, broker.Broker) {
		m := broker.NewMemory()
		return m, m
	})
}
