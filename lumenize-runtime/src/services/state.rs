//! The object's key-value state.

use super::{Error, Services};
use crate::codec::{self, Payload};
use crate::object::Object;
use crate::store::{Entry, MAX_ENTRY_BYTES};

impl<D: Object> Services<D> {
    /// The value under `key`, if there is one. It may be of another type than it was stored as, as
    /// after a redeploy: then it is read by the names of its fields and variants, by serde's rules
    /// (`default`, `alias`, unknown fields), and numbers become other numbers where they are exactly
    /// the same.
    ///
    /// # Errors
    /// [`Error::Codec`] if it is no `T`, [`Error::NoTurn`], [`Error::Storage`].
    pub fn get<T: Payload>(&self, key: &str) -> Result<Option<T>, Error> {
        let store = self.shared.reading()?;
        let Some(Entry { value, shape }) = store.get(key)? else {
            return Ok(None);
        };
        let read = match shape {
            None => codec::decode(&value),
            Some(reference) => {
                codec::decode_apart(&value, &reference, &mut |hash| store.shape(hash))?
            }
        };
        Ok(Some(read?))
    }

    /// Stores a value under `key`, in the transaction of the running handler. The two together
    /// take at most 1,999,000 bytes.
    ///
    /// # Errors
    /// [`Error::Codec`] if it can't be stored, [`Error::EntryTooLarge`], [`Error::ReadOnly`],
    /// [`Error::NoTurn`], [`Error::Storage`].
    pub fn put<T: Payload>(&mut self, key: &str, value: &T) -> Result<(), Error> {
        let store = self.shared.writing_state()?;
        let (value, known) = codec::encode_apart(value)?;
        let bytes = key.len() + value.len();
        if bytes > MAX_ENTRY_BYTES {
            return Err(Error::EntryTooLarge {
                bytes,
                limit: MAX_ENTRY_BYTES,
            });
        }
        self.shared.keep_shape(known.beside())?;
        Ok(store.put(key, &value, known.reference())?)
    }

    /// Removes the value under `key` and says whether there was one.
    ///
    /// # Errors
    /// [`Error::ReadOnly`], [`Error::NoTurn`], [`Error::Storage`].
    pub fn delete(&mut self, key: &str) -> Result<bool, Error> {
        Ok(self.shared.writing_state()?.delete(key)?)
    }
}
