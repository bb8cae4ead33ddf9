// Which users of this machine a proxy serves, and the control port.
//
// Whoever can open a socket on 127.0.0.1 can speak to a proxy, and what he asks for would reach
// a stand-in as if the service under test had asked. With HARNESS_UIDS in its environment (user
// ids, by comma) a proxy hangs up on a peer on this machine whose socket belongs to none of them.
// The kernel tells (sock_diag(7)). A socket that its program has closed already is nobody's: served
// when the connection is old enough, since a caller who gave up is a caller; not when the peer was
// gone at once, which hides whose it was. Without the variable everybody is served. The control
// port needs the token besides, but whoever holds it open holds descriptors, and a proxy that has
// none for a connection would listen no more: it waits for one here.
package toxiproxy

import (
	"encoding/binary"
	"errors"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

const (
	sockDiag     = 4  // NETLINK_SOCK_DIAG
	byFamily     = 20 // SOCK_DIAG_BY_FAMILY
	headerBytes  = 16
	requestBytes = headerBytes + 56 // struct inet_diag_req_v2
	uidAt        = headerBytes + 64 // struct inet_diag_msg: uid, then inode

	established = 1   // TCP_ESTABLISHED, linux/tcp.h
	ageAt       = 44  // struct tcp_info: tcpi_last_data_sent, ms; without data sent, the age
	gaveUpMs    = 200 // chosen: less than a caller waits for an answer

	again = 10 * time.Millisecond // chosen: how soon a descriptor may be free
)

// Listen is net.Listen with a look at who connects.
func Listen(network, address string) (net.Listener, error) {
	listener, err := net.Listen(network, address)
	if err != nil {
		return nil, err
	}
	served := strings.FieldsFunc(os.Getenv("HARNESS_UIDS"), func(r rune) bool { return r == ',' })
	return guarded{listener, served}, nil
}

type guarded struct {
	net.Listener
	served []string
}

// Accept returns the next connection of somebody who is served.
func (g guarded) Accept() (net.Conn, error) {
	for {
		client, err := g.Listener.Accept()
		if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
			time.Sleep(again)
			continue
		}
		if err != nil || g.serves(client) {
			return client, err
		}
		client.Close()
	}
}

func (g guarded) serves(client net.Conn) bool {
	peer, known := client.RemoteAddr().(*net.TCPAddr)
	own, ours := client.LocalAddr().(*net.TCPAddr)
	if len(g.served) == 0 || !known || !ours || !own.IP.IsLoopback() || own.IP.To4() == nil {
		return true
	}
	uid, seen := uidOf(peer, own)
	if !seen {
		return !goneAtOnce(client)
	}
	for _, one := range g.served {
		if one == uid {
			return true
		}
	}
	return false
}

// goneAtOnce is whether the peer has closed already, sooner than a caller gives up.
func goneAtOnce(client net.Conn) bool {
	raw, err := client.(*net.TCPConn).SyscallConn()
	if err != nil {
		return true
	}
	var info [104]byte
	size := uint32(len(info))
	told := syscall.EINVAL
	err = raw.Control(func(fd uintptr) {
		_, _, told = syscall.Syscall6(syscall.SYS_GETSOCKOPT, fd, syscall.IPPROTO_TCP, syscall.TCP_INFO,
			uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
	})
	if err != nil || told != 0 {
		return true
	}
	return info[0] != established && binary.NativeEndian.Uint32(info[ageAt:]) < gaveUpMs
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
	inode := binary.NativeEndian.Uint32(answer[uidAt+4:])
	return strconv.FormatUint(uint64(uid), 10), inode != 0 || uid != 0 // of nobody's the kernel may say root
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
