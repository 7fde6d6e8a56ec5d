"""Files of history: tables of orders, sales, costs and contacts, and exports of chats, read into events of the contract."""
