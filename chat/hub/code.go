package hub

// Code is a WebSocket close code. The codes from 4000 on are ours; the client's
// behaviour follows from the code alone.
type Code int

// The close codes. "Return" means: connect again after a random wait and join
// with the last number seen; nothing is lost.
const (
	CodeNormal   Code = 1000 // the client left
	CodeAway     Code = 1001 // this node stops: return
	CodeProtocol Code = 1002 // the client broke the WebSocket protocol
	CodeData     Code = 1003 // a binary message: do not return
	CodeNoText   Code = 1007 // a text message that is no UTF-8: do not return
	CodeTooBig   Code = 1009 // a frame above 64 KiB: do not return
	CodeInternal Code = 1011 // our fault: return
	CodeSlow     Code = 4008 // too slow for what is sent: come back and catch up
	CodeEnded    Code = 4001 // the session, token or membership ended: sign in again
	CodeFlood    Code = 4029 // far above the rate limits: return after a minute
	CodeCrowd    Code = 4030 // too many connections of one person: do not return
	CodeSilent   Code = 4031 // no answer to a ping, or a message that was never finished: return
)
