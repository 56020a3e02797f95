"""Captures: packets, links, IP, TCP, TLS, and the HTTP/2 connections in them."""
