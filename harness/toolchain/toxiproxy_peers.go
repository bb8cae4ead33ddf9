// Which users of this machine a proxy serves.
//
// Whoever can open a socket on 127.0.0.1 can speak to a proxy, and what he asks for would reach
// a stand-in as if the service under test had asked. With HARNESS_UIDS in its environment (user
// ids, by comma) a proxy hangs up on a peer on this machine whose socket belongs to none of them.
// The kernel tells (sock_diag(7)); a socket that its program has closed already is nobody's, and
// served: a caller who gave up is a caller. Without the variable everybody is served.
package toxiproxy

import (
	"encoding/binary"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
)

const (
	sockDiag     = 4  // NETLINK_SOCK_DIAG
	byFamily     = 20 // SOCK_DIAG_BY_FAMILY
	headerBytes  = 16
	requestBytes = headerBytes + 56 // struct inet_diag_req_v2
	uidAt        = headerBytes + 64 // struct inet_diag_msg: uid, then inode
)

// listen is net.Listen with a look at who connects.
func listen(network, address string) (net.Listener, error) {
	listener, err := net.Listen(network, address)
	served := os.Getenv("HARNESS_UIDS")
	if err != nil || served == "" {
		return listener, err
	}
	return guarded{listener, strings.Split(served, ",")}, nil
}

type guarded struct {
	net.Listener
	served []string
}

// Accept returns the next connection of somebody who is served.
func (g guarded) Accept() (net.Conn, error) {
	for {
		client, err := g.Listener.Accept()
		if err != nil || g.serves(client) {
			return client, err
		}
		client.Close()
	}
}

func (g guarded) serves(client net.Conn) bool {
	peer, known := client.RemoteAddr().(*net.TCPAddr)
	own, ours := client.LocalAddr().(*net.TCPAddr)
	if !known || !ours || !peer.IP.IsLoopback() || peer.IP.To4() == nil {
		return true
	}
	uid, seen := uidOf(peer, own)
	for _, one := range g.served {
		seen = seen && one != uid
	}
	return !seen
}

// uidOf is the user of the socket whose own end is local.
func uidOf(local, remote *net.TCPAddr) (string, bool) {
	asked, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, sockDiag)
	if err != nil {
		return "", false
	}
	defer syscall.Close(asked)
	if syscall.Sendto(asked, question(local, remote), 0, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}) != nil {
		return "", false
	}
	answer := make([]byte, 4096)
	n, _, err := syscall.Recvfrom(asked, answer, 0)
	if err != nil || n < uidAt+8 || binary.NativeEndian.Uint16(answer[4:]) != byFamily {
		return "", false
	}
	uid := binary.NativeEndian.Uint32(answer[uidAt:])
	return strconv.FormatUint(uint64(uid), 10), binary.NativeEndian.Uint32(answer[uidAt+4:]) != 0
}

func question(local, remote *net.TCPAddr) []byte {
	raw := make([]byte, requestBytes)
	native, network := binary.NativeEndian, binary.BigEndian
	native.PutUint32(raw[0:], requestBytes)
	native.PutUint16(raw[4:], byFamily)
	native.PutUint16(raw[6:], syscall.NLM_F_REQUEST)
	raw[16], raw[17] = syscall.AF_INET, syscall.IPPROTO_TCP
	native.PutUint32(raw[20:], 0xFFFFFFFF) // in any state
	network.PutUint16(raw[24:], uint16(local.Port))
	network.PutUint16(raw[26:], uint16(remote.Port))
	copy(raw[28:], local.IP.To4())
	copy(raw[44:], remote.IP.To4())
	native.PutUint64(raw[64:], ^uint64(0)) // no cookie
	return raw
}
