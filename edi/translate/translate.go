// Package translate turns judged transaction sets into canonical documents and
// back. It never guesses: what cannot be carried over is a finding.
package translate

import (
	"entente/edi/doc"
	"entente/edi/schema"
	"entente/edi/wire"
	"entente/edi/x12"
)

// ReadPurchaseOrder reads an accepted 850.
func ReadPurchaseOrder(set *schema.Set) (*doc.PurchaseOrder, []wire.Finding) { return nil, nil }

// ReadOrderAck reads an accepted 855.
func ReadOrderAck(set *schema.Set) (*doc.OrderAck, []wire.Finding) { return nil, nil }

// ReadInvoice reads an accepted 810.
func ReadInvoice(set *schema.Set) (*doc.Invoice, []wire.Finding) { return nil, nil }

// WritePurchaseOrder makes the body of an 850. version is GS08, "004010" or
// "005010". Findings of severity Reject mean that the body must not be sent.
func WritePurchaseOrder(d *doc.PurchaseOrder, version string) (x12.Body, []wire.Finding) {
	return x12.Body{}, nil
}

// WriteOrderAck makes the body of an 855. Several responses of a line become
// several ACK segments.
func WriteOrderAck(d *doc.OrderAck, version string) (x12.Body, []wire.Finding) {
	return x12.Body{}, nil
}

// WriteInvoice makes the body of an 810; TDS01 and SAC05 are written as N2.
func WriteInvoice(d *doc.Invoice, version string) (x12.Body, []wire.Finding) {
	return x12.Body{}, nil
}
