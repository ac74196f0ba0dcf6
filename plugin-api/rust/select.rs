//! The first of two futures; the other one is dropped with the `Select`. When both are ready the first wins.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

#[derive(Debug)]
pub enum Either<A, B> {
    First(A),
    Second(B),
}

pub struct Select<A, B> {
    first: A,
    second: B,
}

/// As cancel safe as the two are.
pub fn select<A: Future, B: Future>(first: A, second: B) -> Select<A, B> {
    Select { first, second }
}

impl<A: Future, B: Future> Future for Select<A, B> {
    type Output = Either<A::Output, B::Output>;
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // Neither field is ever moved out of a pinned Select.
        let both = unsafe { self.get_unchecked_mut() };
        if let Poll::Ready(output) = unsafe { Pin::new_unchecked(&mut both.first) }.poll(context) {
            return Poll::Ready(Either::First(output));
        }
        unsafe { Pin::new_unchecked(&mut both.second) }.poll(context).map(Either::Second)
    }
}
