// Command certificates makes what an API server and its users need, in a
// folder: `ca.crt` and `ca.key` on the first call, and on each a certificate
// that the CA signed.
//
//	certificates -dir DIR -name NAME [-group GROUP] [-server ADDRESS]
//
// writes NAME.crt and NAME.key: a client's with NAME as user and GROUP as
// group, or a server's for ADDRESS.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"flag"
	"io/fs"
	"log"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

const day = 24 * time.Hour

type pair struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func main() {
	dir := flag.String("dir", ".", "the folder")
	name := flag.String("name", "", "of the file and of the user")
	group := flag.String("group", "", "of the user")
	server := flag.String("server", "", "address of a server")
	flag.Parse()

	ca, err := readPair(*dir, "ca")
	if errors.Is(err, fs.ErrNotExist) {
		ca, err = makePair(*dir, "ca", &x509.Certificate{
			Subject:               pkix.Name{CommonName: "istiops tests"},
			IsCA:                  true,
			BasicConstraintsValid: true,
			KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		}, nil)
	}
	if err != nil {
		log.Fatalf("make a CA in %q: %v", *dir, err)
	}

	template := &x509.Certificate{
		Subject:     pkix.Name{CommonName: *name},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	if *group != "" {
		template.Subject.Organization = []string{*group}
	}
	if *server != "" {
		template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		if ip := net.ParseIP(*server); ip != nil {
			template.IPAddresses = []net.IP{ip}
		} else {
			template.DNSNames = []string{*server}
		}
	}
	if _, err := makePair(*dir, *name, template, ca); err != nil {
		log.Fatalf("make a certificate for %q: %v", *name, err)
	}
}

// makePair signs with its own key where there is no CA yet.
func makePair(dir, name string, template *x509.Certificate, ca *pair) (*pair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	template.SerialNumber = serial
	template.NotBefore = time.Now().Add(-time.Hour)
	template.NotAfter = time.Now().Add(30 * day)

	signer := &pair{template, key}
	if ca != nil {
		signer = ca
	}
	der, err := x509.CreateCertificate(rand.Reader, template, signer.certificate, &key.PublicKey, signer.key)
	if err != nil {
		return nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	if err := writePEM(filepath.Join(dir, name+".crt"), "CERTIFICATE", der); err != nil {
		return nil, err
	}
	if err := writePEM(filepath.Join(dir, name+".key"), "PRIVATE KEY", secret); err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	return &pair{certificate, key}, err
}

func writePEM(path, kind string, der []byte) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}

func readPair(dir, name string) (*pair, error) {
	certificateDER, err := readPEM(filepath.Join(dir, name+".crt"))
	if err != nil {
		return nil, err
	}
	keyDER, err := readPEM(filepath.Join(dir, name+".key"))
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(certificateDER)
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey(keyDER)
	if err != nil {
		return nil, err
	}
	secret, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return nil, errors.New("the key is of another kind")
	}
	return &pair{certificate, secret}, nil
}

func readPEM(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, errors.New("no PEM in " + path)
	}
	return block.Bytes, nil
}
